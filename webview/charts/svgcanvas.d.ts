/** svgcanvas brings no types; this is the part that is used. */
declare module 'svgcanvas' {
  /** A 2D context that records an SVG. */
  export class Context {
    constructor(width: number, height: number);
    getSerializedSvg(fixNamedEntities?: boolean): string;
  }
}
