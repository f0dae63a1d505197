router.Get("/login", func(w http.ResponseWriter, r *http.Request) {
	http.ServeFile(w, r, "static/login.html")
})
router.Get("/api/me", func(w http.ResponseWriter, r *http.Request) {
	id, err := UserID(r)
	if err != nil {
		http.Error(w, err.Error(), http.StatusUnauthorized)
		return
	}
	w.Write([]byte(id))
})
