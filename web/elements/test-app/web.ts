// elements/test-app.js: a module that web.js loads where passage-auth has no app id.
export { testApp } from "./test-app.ts";
