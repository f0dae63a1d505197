// A few lines to build DOM without markup in strings, so that pages with a strict content security policy or
// trusted types can use the elements.

export type Child = Node | string | false | null | undefined | Child[];
type Value = string | boolean | ((event: Event) => void) | undefined;

/**
 * An element, with a class or with attributes: functions become listeners (`onclick`), `true` an empty attribute,
 * `false` none.
 */
export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  props: string | Record<string, Value>,
  ...children: Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  const attributes = typeof props === "string" ? { class: props } : props;
  for (const [name, value] of Object.entries<Value>(attributes)) {
    if (typeof value === "function") element.addEventListener(name.slice(2), value);
    else if (value) element.setAttribute(name, value === true ? "" : value);
  }
  element.append(...(children.flat(9) as (Node | string)[]).filter((child) => !!child));
  return element;
}

/** A drawing of strokes on a 24 by 24 grid, hidden from screen readers. */
export function icon(path: string): SVGElement {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  const stroke = document.createElementNS(svg.namespaceURI, "path");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("aria-hidden", "true");
  stroke.setAttribute("d", path);
  svg.append(stroke);
  return svg as SVGElement;
}

/** Marks style sheet text, for editors and for the build, which shrinks it and takes the mark away. */
export const css = (text: TemplateStringsArray): string => text[0]!;

/** Gives an element a shadow root with this style sheet. */
export function attach(element: HTMLElement, text: string): ShadowRoot {
  const root = element.attachShadow({ mode: "open" });
  root.adoptedStyleSheets = [styleSheet(text)];
  return root;
}

export function styleSheet(text: string): CSSStyleSheet {
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(text);
  return sheet;
}

/** An app id that a framework set on a tag before its class was known hides the class's accessor: set it again. */
export function upgrade(element: HTMLElement & { appId: string }): void {
  if (!Object.hasOwn(element, "appId")) return;
  const { appId } = element;
  delete (element as { appId?: string }).appId;
  element.appId = appId;
}
