// The English texts of the profile.
import type { ProfileChange } from "@ginnel/client";
import { accountEn } from "./account-en.ts";

const changed: Record<ProfileChange, string> = {
  email: "Your email address was changed.",
  phone: "Your phone number was changed.",
  identifierRemoved: "It was removed.",
  saved: "Your changes were saved.",
  sessionEnded: "That device was signed out.",
  sessionsEnded: "All other devices were signed out.",
  unlinked: "The account was unlinked.",
};

export const profileEn = {
  ...accountEn,
  title: "Your account",
  loading: "Loading your account…",
  signedOut: "Sign in to see your account.",
  identifiers: "How we reach you",
  readOnly: "Ask the people who run this site to change these.",
  email: "Email address",
  phone: "Phone number",
  none: "None yet",
  verified: "Verified",
  unverified: "Not verified",
  changeIt: "Change",
  change: { email: "Change email address", phone: "Change phone number" },
  add: { email: "Add an email address", phone: "Add a phone number" },
  removeTitle: { email: "Remove your email address?", phone: "Remove your phone number?" },
  removeThis: { email: "Remove email address", phone: "Remove phone number" },
  removeText: (value: string) => `You will no longer be able to sign in with ${value}.`,
  changeText: "It counts once you confirm the message that we send there.",
  newEmail: "New email address",
  newPhone: "New phone number",
  emailMissing: "Enter an address like ada@example.com.",
  phoneMissing: "Enter a number like +1 415 555 2671.",
  send: "Send the message",
  details: "About you",
  yes: "Yes",
  no: "No",
  sessions: "Where you are signed in",
  thisDevice: "This device",
  lastUsed: "Last used",
  signOut: "Sign out",
  signOutThis: (device: string) => `Sign out ${device}`,
  signOutOthers: "Sign out everywhere else",
  signOutOthersTitle: "Sign out everywhere else?",
  signOutOthersText: "All other browsers and devices will have to sign in again.",
  social: "Linked accounts",
  providers: { apple: "Apple", github: "GitHub", google: "Google" } as Record<string, string>,
  unlink: "Unlink",
  unlinkThis: (provider: string) => `Unlink ${provider}`,
  unlinkTitle: (provider: string) => `Unlink ${provider}?`,
  unlinkText: (provider: string) => `You will no longer be able to sign in with ${provider}.`,
  changed: changed as Record<string, string>,
};

export type ProfileStrings = typeof profileEn;
