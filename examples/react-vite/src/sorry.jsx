/** For addresses that lead to no page, and for servers that cannot answer. */
export function Sorry({ sentence }) {
  return (
    <>
      <h1>Sorry</h1>
      <p>{sentence}</p>
      <p>
        <a className="button" href="/">
          Go to the login page
        </a>
      </p>
    </>
  );
}
