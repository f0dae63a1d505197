// The drawings, as paths on a 24 by 24 grid.

/** A person and a key. */
export const PASSKEY = "M9 11a4 4 0 1 0-.1 0M2 20c0-4 4-6 9.5-5M17 16a3 3 0 1 0-.1 0v6l2-2-1-1 1-1";
export const MAIL = "M3 6h18v12.5H3zM3 7l9 7 9-7";
export const PHONE =
  "M8 2.5h8a1 1 0 0 1 1 1v17a1 1 0 0 1-1 1H8a1 1 0 0 1-1-1v-17a1 1 0 0 1 1-1M11 18.5h2";
export const CHECK = "M4.5 12.5l5 5 10-11";
export const WARNING = "M12 9v5M12 17v.1M12 3 2 20h20z";
export const PENCIL =
  "M4 20l1-4.5L16 4.5a2.1 2.1 0 0 1 3 0l.5.5a2.1 2.1 0 0 1 0 3L8.5 19zM14 6.5l3.5 3.5";
export const BIN = "M4 7h16M9.5 7V4h5v3M6.5 7l.8 13h9.4l.8-13M10 11v5.5M14 11v5.5";
export const PLUS = "M12 5v14M5 12h14";
