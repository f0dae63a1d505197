/** Shows its content to signed-in users; the others go to the unauthorized page. */
import { useEffect, useState } from "react";
import { Sorry } from "./sorry.jsx";

// [quickstart]
/** Who is signed in, as the server sees it; sends everybody else to the unauthorized page. */
function useUser() {
  const [user, setUser] = useState({});
  useEffect(() => {
    const controller = new AbortController();
    const { signal } = controller;
    (async () => {
      const response = await fetch("/api/me", { signal });
      const answer = await response.json();
      if (response.status === 401) {
        const query = new URLSearchParams({
          return: location.pathname + location.search,
          reason: answer.code,
        });
        location.replace(`/unauthorized?${query}`);
      } else {
        setUser(response.ok ? answer : { problem: answer.error });
      }
    })().catch((error) => {
      if (!signal.aborted) setUser({ problem: `This site cannot be reached (${error.message}).` });
    });
    return () => controller.abort();
  }, []);
  return user;
}

export function Guarded({ children }) {
  const { userID, problem } = useUser();
  if (problem) return <Sorry sentence={problem} />;
  return userID ? children(userID) : <p role="status">One moment…</p>;
}
// [/quickstart]
