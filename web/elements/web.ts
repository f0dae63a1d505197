// Entry of web.js.
export {};
