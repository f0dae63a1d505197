// The English texts of the test app's box, apart from those of the sign-in, whose script does not carry them.
export const testAppEn = {
  title: "Test app",
  text: "It and its users last 7 days, unless you claim it. Its mails stay in a test inbox.",
  claim: "Claim this app",
  inbox: "Open its test inbox",
  claimed: "This app was claimed",
  claimedText: "It stays. Put its id into your page:",
  copy: "Copy the tag",
  copied: "Copied",
  notCopied: "Select and copy it by hand",
  /** Told to the developer, as Passage's elements did. */
  consoleId: "Passage Test App ID: ",
  consoleClaim: "Claim your app: ",
};
