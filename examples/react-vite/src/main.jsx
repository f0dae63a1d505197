/** The frame of every page, and which page belongs to which address. */
import { StrictMode } from "react";
import { createRoot } from "react-dom/client";
import "../../shared/public/style.css";
import { Dashboard } from "./dashboard.jsx";
import { Login } from "./login.jsx";
import { Guarded } from "./guarded.jsx";
import { Sorry } from "./sorry.jsx";
import { Unauthorized } from "./unauthorized.jsx";

const pages = {
  "/": ["Sign in", <Login />],
  "/dashboard": ["Dashboard", <Guarded>{(userID) => <Dashboard userID={userID} />}</Guarded>],
  "/unauthorized": ["Please sign in", <Unauthorized />],
};
const [title, page] = pages[location.pathname.replace(/(.)\/$/, "$1")] ?? [
  "Sorry",
  <Sorry sentence="There is no such page." />,
];

createRoot(document.querySelector("#root")).render(
  <StrictMode>
    <title>{`${title} · React example`}</title>
    <header>
      <a href="/">React example</a>
    </header>
    <main>{page}</main>
  </StrictMode>,
);
