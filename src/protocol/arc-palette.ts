/** The colours that ARC's numbers are shown in, wherever they are drawn. */

/** The customary colours of ARC, by number: black, blue, red, green, yellow, grey, pink, orange, light blue, maroon. */
export const arcPalette = ['#000000', '#0074d9', '#ff4136', '#2ecc40', '#ffdc00', '#aaaaaa', '#f012be', '#ff851b', '#7fdbff', '#870c25'] as const;

/** Colours on which dark digits read better than light ones. */
const light: ReadonlySet<number> = new Set([3, 4, 5, 7, 8]);

/** The colour of the number written on one of them. */
export const arcDigitColour = (colour: number): string => (light.has(colour) ? '#000000' : '#ffffff');
