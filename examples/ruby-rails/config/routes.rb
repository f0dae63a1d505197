Rails.application.routes.draw do
  root "pages#login"
  get "/unauthorized", to: "pages#unauthorized"
  get "/dashboard", to: "dashboard#show"
  get "/api/me", to: "api#me"

  # What runs in the browser is the same in all examples.
  shared = Rails.root.join("../shared/public").to_s
  mount Rack::Files.new(shared, { "x-content-type-options" => "nosniff" }), at: "/public"
end
