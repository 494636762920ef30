/** svgcanvas brings no types; this is the part that is used, of exactly the pinned version. */
declare module 'svgcanvas' {
  /** A 2D context that records an SVG. */
  export class Context {
    constructor(width: number, height: number);
    font: string;
    textAlign: CanvasTextAlign;
    textBaseline: CanvasTextBaseline;
    getSerializedSvg(fixNamedEntities?: boolean): string;
    fillText(text: string, x: number, y: number): void;
    protected __currentElement: SVGElement;
    protected __createElement(name: string, attributes: Record<string, string | number>, reset: boolean): SVGElement;
    protected __applyTransformation(element: SVGElement): void;
    protected __applyStyleToCurrentElement(action: 'fill' | 'stroke'): void;
    protected __closestGroupOrSvg(): SVGElement;
  }
}
