/** The body of every error page. */
export function Sorry({ sentence }: { sentence: string }) {
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
