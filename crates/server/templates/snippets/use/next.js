import { userID } from "../../../ginnel.mjs";

export async function GET(request) {
  try {
    return Response.json({ userID: await userID(request) });
  } catch (error) {
    return Response.json({ error: error.message }, { status: error.status ?? 500 });
  }
}
