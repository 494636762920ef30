/** What a tool answers: a JSON document of bounded length, since it becomes part of a conversation. */

/** Characters of an answer at most. */
export const longestAnswer = 40_000;

/** A document as text; one that is too long is cut, and says so. */
export function answerText(document: unknown): string {
  const text = JSON.stringify(document);
  return text.length <= longestAnswer ? text : `${text.slice(0, longestAnswer)}\n... cut here: ${text.length} characters in all. Ask for less.`;
}
