/** How the judges of ceremonies differ, and why. */
export const table = [];
