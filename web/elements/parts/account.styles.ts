// The look that the passkey table and the profile share: head, buttons in rows, dialogues and their inputs.
import { css } from "./dom.ts";

export const accountStyles = css`
  .stack {
    display: grid;
    grid-template-columns: minmax(0, 1fr);
    gap: 16px;
  }
  .card {
    max-width: var(--passage-container-max-width, 720px);
    container-type: inline-size;
  }
  .head button,
  .row button {
    padding-inline: 20px;
  }
  .head {
    display: flex;
    flex-wrap: wrap;
    gap: 12px 24px;
    align-items: center;
    justify-content: space-between;
  }
  .head div {
    flex: 1 1 220px;
  }
  dialog {
    width: min(460px, calc(100vw - 32px));
    padding: 28px;
    border: 1px solid var(--_line);
    border-radius: 16px;
    background: var(--passage-modal-background-color, var(--_surface));
    box-shadow: var(--_shadow);
    color: inherit;
    font: inherit;
  }
  dialog::backdrop {
    background: #0b0d12a6;
  }
  .row {
    display: flex;
    flex-wrap: wrap;
    gap: 12px;
    justify-content: flex-end;
  }
  .danger {
    background: var(--_bad);
    color: var(--_surface);
  }
  .danger:hover {
    background: var(--_bad);
    color: var(--_surface);
    filter: brightness(1.1);
  }
  label {
    display: grid;
    gap: 6px;
    font-size: 14px;
    font-weight: 600;
  }
  input {
    min-height: 46px;
    padding: 8px 14px;
    border: 1px solid var(--passage-control-border-color, var(--_control));
    border-radius: var(--passage-input-box-border-radius, 10px);
    background: var(--passage-input-box-background-color, var(--_surface));
    color: var(--passage-input-text-color, inherit);
    font: inherit;
    font-size: 16px;
    font-weight: 400;
  }
  strong {
    font-size: 24px;
  }
  :host([plain]) .card {
    max-width: none;
    padding: 0;
    border: 0;
    border-radius: 0;
    box-shadow: none;
    background: none;
  }
  @container (max-width: 520px) {
    .head button,
    .row button {
      width: 100%;
    }
    .row {
      flex-direction: column-reverse;
    }
  }
  @media (max-width: 380px) {
    dialog {
      padding: 24px 20px;
    }
  }
`;
