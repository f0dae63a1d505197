// The look that all elements share: colours, type, buttons, notices. Each value can be replaced from outside by the
// `--passage-*` property named beside it; the underscore marks names that are ours alone.
import { css } from "./parts/dom.ts";

export const theme = css`
  :host {
    display: block;
  }
  :host([hidden]) {
    display: none;
  }
  .card {
    --_surface: #fff;
    --_soft: #f4f5f8;
    --_line: #e3e5ea;
    --_text: #16181d;
    --_muted: #5a5f6d;
    --_control: #868c99;
    --_primary: #16181d;
    --_primary-hover: #343842;
    --_on-primary: #fff;
    --_accent: #3350e8;
    --_bad: #b8132f;
    --_bad-soft: #fdf0f2;
    --_good: #117a43;
    --_shadow: 0 12px 32px -12px #10182840;
    color-scheme: light;
    box-sizing: border-box;
    max-width: var(--passage-container-max-width, 400px);
    margin: var(--passage-container-margin, 0 auto);
    padding: var(--passage-container-padding, 32px);
    border: 1px solid var(--_line);
    border-radius: var(--passage-container-border-radius, 16px);
    background: var(--passage-container-background-color, var(--_surface));
    box-shadow: var(--_shadow);
    color: var(--passage-body-text-color, var(--_text));
    font: var(--passage-body-font-size, 15px) / 1.5
      var(--passage-body-font-family, system-ui, sans-serif);
    overflow-wrap: anywhere;
  }
  .dark {
    --_surface: #1a1c21;
    --_soft: #25282f;
    --_line: #33373f;
    --_text: #f2f3f6;
    --_muted: #a9aebb;
    --_control: #757b88;
    --_primary: #f2f3f6;
    --_primary-hover: #d3d6de;
    --_on-primary: #16181d;
    --_accent: #9db0ff;
    --_bad: #ff929d;
    --_bad-soft: #3a2026;
    --_good: #5fd598;
    color-scheme: dark;
  }
  * {
    box-sizing: border-box;
  }
  h2,
  p {
    margin: 0;
  }
  h2 {
    color: var(--passage-header-text-color, inherit);
    font-family: var(--passage-header-font-family, inherit);
    font-size: var(--passage-header-font-size, 22px);
    font-weight: 650;
    line-height: 1.3;
    outline: 0;
    text-wrap: balance;
  }
  .muted {
    color: var(--_muted);
  }
  .hidden {
    position: absolute;
    width: 1px;
    height: 1px;
    overflow: hidden;
    clip-path: inset(50%);
    white-space: nowrap;
  }
  svg {
    flex: none;
    width: 20px;
    height: 20px;
    fill: none;
    stroke: currentcolor;
    stroke-width: 1.8;
    stroke-linecap: round;
    stroke-linejoin: round;
  }
  button,
  .button {
    display: inline-flex;
    align-items: center;
    justify-content: center;
    gap: 8px;
    min-height: 46px;
    padding: 8px;
    border: 1px solid var(--passage-primary-button-border-color, transparent);
    border-radius: var(--passage-primary-button-border-radius, 10px);
    background: var(--passage-primary-button-background-color, var(--_primary));
    color: var(--passage-primary-button-text-color, var(--_on-primary));
    font: inherit;
    font-weight: 600;
    line-height: 1.3;
    text-align: center;
    text-decoration: none;
    cursor: pointer;
    transition: background 0.15s;
  }
  button:hover,
  .button:hover {
    background: var(--passage-primary-button-background-hover-color, var(--_primary-hover));
  }
  .wide {
    width: var(--passage-button-width, 100%);
    justify-self: center;
  }
  .secondary {
    border-color: var(--passage-secondary-button-border-color, var(--_control));
    background: var(--passage-secondary-button-background-color, transparent);
    color: var(--passage-secondary-button-text-color, inherit);
  }
  .secondary:hover {
    background: var(--passage-secondary-button-background-hover-color, var(--_soft));
  }
  .link {
    min-height: 24px;
    padding: 0;
    border: 0;
    background: none;
    color: var(--passage-anchor-text-color, var(--_accent));
    text-decoration: underline;
    text-underline-offset: 3px;
  }
  .link:hover {
    background: none;
    text-decoration-thickness: 2px;
  }
  [aria-disabled="true"] {
    opacity: 0.65;
    cursor: default;
  }
  :focus-visible,
  .box:focus-within {
    outline: 2px solid var(--_accent);
    outline-offset: 2px;
  }
  .bad {
    color: var(--passage-error-color, var(--_bad));
  }
  .notice {
    display: grid;
    gap: 4px;
    justify-items: start;
    padding: 12px 14px;
    border: 1px solid transparent;
    border-radius: 10px;
    background: var(--_soft);
  }
  .notice.bad {
    background: var(--_bad-soft);
  }
  code {
    display: block;
    padding: 10px 12px;
    border: 1px solid transparent;
    border-radius: 8px;
    background: var(--_soft);
    font:
      13px/1.5 ui-monospace,
      monospace;
  }
  .spinner {
    width: 18px;
    height: 18px;
    border: 2px solid;
    border-right-color: transparent;
    border-radius: 50%;
    animation: turn 0.8s linear infinite;
  }
  @keyframes turn {
    to {
      rotate: 1turn;
    }
  }
  @media (prefers-reduced-motion: reduce) {
    * {
      animation: none !important;
      transition: none !important;
    }
  }
  @media (forced-colors: active) {
    button,
    .button {
      border-color: ButtonText;
    }
  }
`;

/** Puts the class `dark` on `card` when the host's `theme` (light, dark, or auto as in the system) asks for it. */
export function applyTheme(host: HTMLElement, card: HTMLElement, system: MediaQueryList): void {
  const wish = host.getAttribute("theme");
  card.classList.toggle("dark", wish === "dark" || (wish !== "light" && system.matches));
}
