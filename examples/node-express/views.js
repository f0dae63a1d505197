/** The pages as HTML. Every value goes through `escape`, also those that are ours. */

const escape = (value) =>
  String(value).replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);

/** HTML from a template in which each value is escaped. */
const html = (strings, ...values) => String.raw({ raw: strings }, ...values.map(escape));

const layout = (title, body) => `<!doctype html>
<html lang="en">
  <head>
    <meta charset="utf-8" />
    <meta name="viewport" content="width=device-width, initial-scale=1" />
    <meta name="color-scheme" content="light dark" />
    <title>${escape(title)} · Express example</title>
    <link rel="stylesheet" href="/public/style.css" />
    <link rel="icon" href="data:," />
  </head>
  <body>
    <header><a href="/">Express example</a></header>
    <main>${body}</main>
  </body>
</html>
`;

/** The two lines of the quick start. */
export const loginPage = ({ appID, url }) =>
  layout(
    "Sign in",
    html`
      <h1>Welcome</h1>
      <p>Sign in with a passkey to see your dashboard. New here? The same box makes an account.</p>
      <passage-auth app-id="${appID}"></passage-auth>
      <script src="${url}/web.js"></script>
    `,
  );

export const dashboardPage = ({ appID, url }, userID) =>
  layout(
    "Dashboard",
    html`
      <div id="page" data-app-id="${appID}" data-url="${url}">
        <h1>Hello, <span id="name">${userID}</span></h1>
        <p>This server checked your sign-in by itself. You are user <code>${userID}</code>.</p>
        <passage-passkey-table app-id="${appID}"></passage-passkey-table>
        <p><button id="sign-out" type="button">Sign out</button></p>
      </div>
      <script src="${url}/web.js"></script>
      <script src="${url}/elements/passkey-table.js"></script>
      <script src="/public/dashboard.js"></script>
    `,
  );

/** Refreshes and goes back, or asks to sign in; `unauthorized.js` decides, by the address of the page. */
export const unauthorizedPage = ({ appID, url }) =>
  layout(
    "Please sign in",
    html`
      <div id="page" data-app-id="${appID}" data-url="${url}">
        <h1>Please sign in</h1>
        <p id="status" role="status">This page is for signed-in users.</p>
        <p><a class="button" href="/">Go to the login page</a></p>
      </div>
      <script src="${url}/web.js"></script>
      <script src="/public/unauthorized.js"></script>
    `,
  );

export const errorPage = (sentence) =>
  layout(
    "Sorry",
    html`
      <h1>Sorry</h1>
      <p>${sentence}</p>
      <p><a class="button" href="/">Go to the login page</a></p>
    `,
  );
