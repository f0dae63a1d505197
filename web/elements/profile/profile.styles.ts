// The look of the profile, beside that of the passkey table.
import { css } from "../parts/dom.ts";

export const profileStyles = css`
  .stack > section,
  .stack > passage-passkey-table {
    padding-bottom: 24px;
    border-bottom: 1px solid var(--_line);
  }
  .stack > :last-child {
    padding-bottom: 0;
    border-bottom: 0;
  }
  ul,
  dl,
  dd {
    margin: 0;
    padding: 0;
    list-style: none;
  }
  li {
    display: flex;
    flex-wrap: wrap;
    gap: 12px;
    align-items: center;
    padding: 12px 0;
    border-bottom: 1px solid var(--_line);
  }
  li:last-child {
    border-bottom: 0;
  }
  .about {
    display: flex;
    flex: 1 1 240px;
    flex-wrap: wrap;
    gap: 2px 10px;
    align-items: center;
    min-width: 0;
  }
  .about .muted {
    flex: 1 0 100%;
    font-size: 14px;
  }
  .value,
  dd {
    font-weight: 600;
  }
  .mark {
    padding: 2px 8px;
    border-radius: 99px;
    background: var(--_soft);
    color: var(--_muted);
    font-size: 12px;
    font-weight: 600;
  }
  .mark.good {
    color: var(--_good);
  }
  .small {
    min-height: 36px;
    padding: 4px 14px;
    font-size: 14px;
  }
  .field {
    display: grid;
    gap: 6px;
  }
  .field .bad:empty {
    display: none;
  }
  .check {
    display: flex;
    gap: 10px;
    align-items: center;
  }
  [type="checkbox"] {
    width: 20px;
    min-height: 20px;
    accent-color: var(--_accent);
  }
  dl {
    display: grid;
    gap: 12px;
  }
  dt {
    color: var(--_muted);
    font-size: 14px;
  }
`;
