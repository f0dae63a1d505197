/** What the contract's answers look like once passage-js 4 has turned their keys into camelCase. */
import { expect } from "@playwright/test";

/** An id of 24 letters and digits. */
export const id = expect.stringMatching(/^[A-Za-z0-9]{24}$/);
export const time = expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z$/);
export const jwt = expect.stringMatching(/^eyJ[\w-]+\.eyJ[\w-]+\.[\w-]+$/);

export const authResult = {
  authToken: jwt,
  redirectUrl: "/welcome",
  refreshToken: expect.stringMatching(/^\S{20,}$/),
  refreshTokenExpiration: expect.any(Number),
};

export const user = (email: string) => ({
  email,
  emailVerified: false,
  id,
  phone: "",
  phoneVerified: false,
  status: "active",
  userMetadata: {} as object | null,
  webauthn: true,
  // Chromium's virtual authenticators sync nothing.
  webauthnTypes: ["platform"],
});

export const passkey = {
  createdAt: time,
  credId: expect.stringMatching(/^[\w-]{20,}$/),
  friendlyName: expect.stringMatching(/./),
  icons: { light: null, dark: null } as object,
  id,
  lastLoginAt: time,
  type: "platform",
  updatedAt: time,
  usageCount: expect.any(Number),
  userId: id,
};

export const currentUser = (email: string) => ({
  ...user(email),
  createdAt: time,
  lastLoginAt: time,
  loginCount: 1,
  socialConnections: { apple: undefined, github: undefined, google: undefined },
  updatedAt: time,
  webauthnDevices: [passkey],
});
