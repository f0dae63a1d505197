// The look of the sign-in and registration screens, shared by the three elements that show them.
import { css } from "./dom.ts";

export const signInStyles = css`
  .screen {
    display: grid;
    gap: 18px;
  }
  h2:not(.hidden) + .muted {
    margin-top: -12px;
  }
  .center {
    justify-items: center;
    padding: 12px 0;
    text-align: center;
    text-wrap: balance;
  }
  .field {
    display: grid;
    gap: 6px;
  }
  ::slotted(label) {
    all: unset !important;
    font-weight: 600 !important;
  }
  .box {
    display: block;
    border: 1px solid var(--passage-control-border-color, var(--_control));
    border-radius: var(--passage-input-box-border-radius, 10px);
    background: var(--passage-input-box-background-color, var(--_surface));
    color: var(--passage-input-text-color, inherit);
    overflow: hidden;
  }
  .box:hover {
    border-color: var(--_text);
  }
  .box:focus-within {
    outline-offset: -1px;
  }
  .box.wrong {
    border-color: var(--passage-error-color, var(--_bad));
  }
  ::slotted(input) {
    all: unset !important;
    box-sizing: border-box !important;
    width: 100% !important;
    min-height: 44px !important;
    padding: 8px 14px !important;
    font-size: 16px !important;
    cursor: text !important;
  }
  .error:not([hidden]) {
    display: flex;
    gap: 6px;
    align-items: center;
    color: var(--passage-error-color, var(--_bad));
    font-size: 14px;
    text-align: start;
    text-wrap: wrap;
  }
  .or {
    display: flex;
    gap: 12px;
    align-items: center;
    color: var(--_muted);
    font-size: 13px;
  }
  .or::before,
  .or::after {
    flex: 1;
    border-top: 1px solid var(--_line);
    content: "";
  }
  .foot {
    font-size: 14px;
    text-align: center;
  }
  .badge {
    display: grid;
    place-items: center;
    width: 64px;
    height: 64px;
    border: 1px solid transparent;
    border-radius: 50%;
    background: var(--_soft);
  }
  .badge svg {
    scale: 1.5;
  }
  .badge.good {
    color: var(--_good);
  }
  .badge.waits {
    animation: pulse 1.8s ease-out infinite;
  }
  @keyframes pulse {
    from {
      box-shadow: 0 0 0 0 var(--_control);
    }
    to {
      box-shadow: 0 0 0 16px transparent;
    }
  }
  .who {
    font-weight: 600;
  }
  .muted + .who,
  .foot + .foot {
    margin-top: -14px;
  }
  .center :is(.notice, .field) {
    width: 100%;
  }
  .center .notice {
    justify-items: center;
  }
  fieldset {
    min-width: 0;
    margin: 0;
    padding: 0;
    border: 0;
  }
  legend {
    padding: 0 0 6px;
  }
  .center legend {
    margin: auto;
  }
  .code {
    display: flex;
    gap: clamp(4px, 2%, 8px);
    justify-content: center;
  }
  .code ::slotted(input) {
    max-width: 48px !important;
    padding: 8px 0 !important;
    border: 1px solid var(--passage-control-border-color, var(--_control)) !important;
    border-radius: var(--passage-input-box-border-radius, 10px) !important;
    background: var(
      --passage-otp-input-background-color,
      var(--passage-input-box-background-color, var(--_surface))
    ) !important;
    font-size: 20px !important;
    font-weight: 600 !important;
    text-align: center !important;
  }
  .wrong ::slotted(input) {
    border-color: var(--passage-error-color, var(--_bad)) !important;
  }
  .code ::slotted(:focus) {
    outline: 2px solid var(--_accent) !important;
  }
  strong {
    font-size: 30px;
    line-height: 1;
  }
`;
