/** Every page of the Console that is about an app, by a short name. */
export const pagesOf = (appId: string, userId: string): Record<string, string> => {
  const base = `/console/apps/${appId}`;
  return {
    overview: base,
    users: `${base}/users`,
    user: `${base}/users/${userId}`,
    activity: `${base}/activity?days=90`,
    inbox: `${base}/inbox`,
    messages: `${base}/messages`,
    message: `${base}/messages/email/sign_in`,
    members: `${base}/members`,
    fields: `${base}/fields`,
    "api-keys": `${base}/api-keys`,
    settings: `${base}/settings`,
    audit: `${base}/audit`,
    remove: `${base}/remove`,
  };
};

/** The pages for whoever is signed in, about no app. */
export const ownPages: Record<string, string> = {
  home: "/console",
  "app-new": "/console/apps/new",
  account: "/console/account",
};
