// The look of the passkey table: a table on a desk, a stack of cards on a telephone.
import { css } from "../parts/dom.ts";

export const passkeyTableStyles = css`
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
  table {
    width: 100%;
    border-collapse: collapse;
    text-align: start;
  }
  th {
    padding: 8px 12px 8px 0;
    border-bottom: 1px solid var(--passage-table-header-border-color, var(--_line));
    color: var(--_muted);
    font-size: 13px;
    font-weight: 600;
    text-align: start;
  }
  td {
    padding: 12px 12px 12px 0;
    border-bottom: 1px solid var(--passage-table-row-border-color, var(--_line));
    vertical-align: middle;
  }
  tr:last-child td {
    border-bottom: 0;
  }
  .name {
    display: flex;
    gap: 12px;
    align-items: center;
    font-weight: 600;
  }
  .name svg {
    color: var(--passage-table-device-icon-color, var(--_muted));
  }
  .when {
    color: var(--passage-table-device-info-color, var(--_muted));
    font-size: 14px;
    white-space: nowrap;
  }
  .label {
    display: none;
  }
  .tools {
    width: 1%;
    padding-right: 0;
    white-space: nowrap;
    text-align: end;
  }
  .tool {
    width: 40px;
    min-height: 40px;
    padding: 0;
    border: 1px solid transparent;
    border-radius: 10px;
    background: none;
    color: var(--_muted);
  }
  .tool:hover {
    background: var(--_soft);
    color: var(--passage-table-action-icon-hover-color, var(--_text));
  }
  .none {
    padding: 24px 0;
    text-align: center;
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
  @container (max-width: 520px) {
    table,
    tbody,
    tr,
    td {
      display: block;
      width: auto;
      padding: 0;
      border: 0;
    }
    thead {
      position: absolute;
      clip-path: inset(50%);
    }
    tr {
      position: relative;
      padding: 14px 84px 14px 0;
      border-bottom: 1px solid var(--passage-table-row-border-color, var(--_line));
    }
    tr:last-child {
      border-bottom: 0;
    }
    .when {
      padding-left: 32px;
    }
    .label {
      display: inline;
    }
    .tools {
      position: absolute;
      top: 6px;
      right: 0;
      width: auto;
    }
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
