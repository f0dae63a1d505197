// The look of the app's own fields in the registration, beside that of the form.
import { css } from "../parts/dom.ts";

export const fieldsStyles = css`
  .field label {
    font-weight: 600;
  }
  .box > input {
    width: 100%;
    min-height: 44px;
    padding: 8px 14px;
    border: 0;
    outline: 0;
    background: none;
    color: inherit;
    font: inherit;
    font-size: 16px;
  }
  .check {
    display: flex;
    gap: 10px;
    align-items: center;
  }
  .check input {
    width: 20px;
    height: 20px;
    accent-color: var(--_accent);
  }
`;
