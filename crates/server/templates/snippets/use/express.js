app.use(express.static("public"));

app.get("/api/me", async (req, res) => {
  const { userID } = await import("./ginnel.mjs");
  try {
    res.json({ userID: await userID(req) });
  } catch (error) {
    res.status(error.status ?? 500).json({ error: error.message });
  }
});
