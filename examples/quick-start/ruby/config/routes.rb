Rails.application.routes.draw do
  get "/authenticatedRoute", to: "example#authenticated_route"
  get "/unauthorized", to: "example#unauthorized"
end
