// The look that all elements share: colours, type, buttons, notices. Each value can be replaced from outside by the
// `--passage-*` property named beside it; the underscore marks names that are ours alone, which the build shortens.
// Each colour is named for light and for dark; the attribute `theme` chooses, by default the system does.
import { css } from "./parts/dom.ts";

export const theme = css`
  :host {
    display: block;
  }
  :host([hidden]) {
    display: none;
  }
  .card {
    --_surface: light-dark(#fff, #1a1c21);
    --_soft: light-dark(#f4f5f8, #25282f);
    --_line: light-dark(#e3e5ea, #33373f);
    --_text: light-dark(#16181d, #f2f3f6);
    --_text-hover: color-mix(in srgb, var(--_text), var(--_surface) 15%);
    --_muted: light-dark(#5a5f6d, #a9aebb);
    --_control: light-dark(#868c99, #757b88);
    --_accent: light-dark(#3350e8, #9db0ff);
    --_bad: light-dark(#b8132f, #ff929d);
    --_bad-soft: light-dark(#fdf0f2, #3a2026);
    --_good: light-dark(#117a43, #5fd598);
    --_shadow: 0 12px 32px -12px #10182840;
    color-scheme: light dark;
    max-width: var(--passage-container-max-width, 400px);
    margin: var(--passage-container-margin, 0 auto);
    padding: var(--passage-container-padding, clamp(20px, 6.5vw, 32px));
    border: 1px solid var(--_line);
    border-radius: var(--passage-container-border-radius, 16px);
    background: var(--passage-container-background-color, var(--_surface));
    box-shadow: var(--_shadow);
    color: var(--passage-body-text-color, var(--_text));
    font: var(--passage-body-font-size, 15px) / 1.5
      var(--passage-body-font-family, system-ui, sans-serif);
    overflow-wrap: anywhere;
  }
  :host([theme="light"]) .card {
    color-scheme: light;
  }
  :host([theme="dark"]) .card {
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
    line-height: 1.3;
    outline: 0;
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
  a {
    display: inline-flex;
    align-items: center;
    justify-content: center;
    gap: 8px;
    min-height: 46px;
    padding: 8px;
    border: 1px solid var(--passage-primary-button-border-color, transparent);
    border-radius: var(--passage-primary-button-border-radius, 10px);
    background: var(--passage-primary-button-background-color, var(--_text));
    color: var(--passage-primary-button-text-color, var(--_surface));
    font: inherit;
    font-weight: 600;
    line-height: 1.3;
    text-align: center;
    text-decoration: none;
    cursor: pointer;
  }
  button:hover,
  a:hover {
    background: var(--passage-primary-button-background-hover-color, var(--_text-hover));
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
    color: var(--passage-anchor-text-color, var(--_accent));
    text-decoration: underline;
    text-underline-offset: 3px;
  }
  .link,
  .link:hover {
    background: none;
  }
  .link:hover {
    text-decoration: none;
  }
  [aria-disabled="true"] {
    opacity: 0.65;
    cursor: default;
  }
  :focus-visible:not(h2),
  .box:focus-within {
    outline: 2px solid var(--_accent);
    outline-offset: 2px;
  }
  .bad {
    color: var(--passage-error-color, var(--_bad));
  }
  .notice,
  code {
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
    font:
      13px/1.5 ui-monospace,
      monospace;
    text-align: start;
    white-space: pre-wrap;
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
    }
  }
`;
