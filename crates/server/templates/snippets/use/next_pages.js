import { userID } from "../../ginnel.mjs";

export default async function handler(request, response) {
  try {
    response.json({ userID: await userID(request) });
  } catch (error) {
    response.status(error.status ?? 500).json({ error: error.message });
  }
}
