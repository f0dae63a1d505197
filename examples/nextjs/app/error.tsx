"use client";
/** For errors while a page is drawn; Next has logged them. */
import { Sorry } from "../lib/sorry";

export default function ErrorPage() {
  return <Sorry sentence="Something went wrong on this server." />;
}
