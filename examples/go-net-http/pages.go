package main

import (
	"bytes"
	"embed"
	"html/template"
	"log"
	"net/http"

	ginnel "ginnel.example/go"
)

//go:embed templates
var templates embed.FS

// pages are the templates by their names; html/template escapes every value.
var pages = func() map[string]*template.Template {
	pages := map[string]*template.Template{}
	for _, name := range []string{"login", "dashboard", "unauthorized", "error"} {
		pages[name] = template.Must(template.ParseFS(templates, "templates/layout.html", "templates/"+name+".html"))
	}
	return pages
}()

// page is what a template is filled with.
type page struct {
	Title    string
	Ginnel   *ginnel.Client
	UserID   string
	Sentence string
}

func writePage(w http.ResponseWriter, status int, name string, page page) {
	// Written only when it is whole, so that a mistake in a template is not half a page.
	var text bytes.Buffer
	if err := pages[name].Execute(&text, page); err != nil {
		log.Print(err)
		http.Error(w, "Something went wrong on this server.", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	if _, err := text.WriteTo(w); err != nil {
		log.Print(err)
	}
}
