/**
 * A vote among answers to one question: each copy of the puzzle that was shown to the model casts a vote for its answer, with
 * the halting head's probability that it is right. Candidates are ranked by votes, then by mean probability, as published
 * for ARC.
 */

/** A candidate's standing. */
export interface Candidate<A> {
  readonly answer: A;
  readonly votes: number;
  /** Mean halting probability of its votes. */
  readonly meanP: number;
}

/** The votes on one question. */
export class Ballot<A> {
  private readonly candidates = new Map<string, { answer: A; votes: number; sumP: number }>();

  /** One vote. Answers with equal keys are the same answer. */
  cast(key: string, answer: A, p: number): void {
    const known = this.candidates.get(key);
    if (!known) this.candidates.set(key, { answer, votes: 1, sumP: p });
    else {
      known.votes++;
      known.sumP += p;
    }
  }

  /** All candidates, the best first; of equal ones the one named first. */
  ranked(): Candidate<A>[] {
    return Array.from(this.candidates.values(), ({ answer, votes, sumP }) => ({ answer, votes, meanP: sumP / votes }))
      .sort((a, b) => b.votes - a.votes || b.meanP - a.meanP);
  }
}
