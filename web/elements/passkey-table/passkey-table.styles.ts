// The look of the passkey table: a table on a desk, a stack of cards on a telephone.
import { css } from "../parts/dom.ts";

export const passkeyTableStyles = css`
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
  }
`;
