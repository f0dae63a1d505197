// elements/fields.js: a module that web.js loads where the registration asks for more than an identifier.
export { fields } from "./fields.ts";
