# The app and its settings, which come from .env or from the environment.
require "bundler/setup"
require "dotenv/load"
require "logger"
require "rails"
require "action_controller/railtie"
require "ginnel/rails"

module RailsExample
  class Application < Rails::Application
    begin
      config.ginnel = Ginnel::Client.new(app_id: ENV["GINNEL_APP_ID"])
    rescue Ginnel::Error => error
      abort <<~TEXT
        #{error.message}
        Make an application where Ginnel was started, and put its id into .env as GINNEL_APP_ID:
          ginnel app create --name "Rails example" --auth-origin http://localhost:#{ENV.fetch('PORT', 8080)} --redirect-url /dashboard
      TEXT
    end

    # Scripts come from here and from Ginnel, and may talk to these two only.
    url = config.ginnel.url
    config.action_dispatch.default_headers = {
      "Content-Security-Policy" =>
        "default-src 'self'; script-src 'self' #{url}; connect-src 'self' #{url}; " \
        "style-src 'self' 'unsafe-inline'; img-src 'self' data:; base-uri 'none'; frame-ancestors 'none'",
      "Referrer-Policy" => "same-origin",
      "X-Content-Type-Options" => "nosniff"
    }

    # The defaults of whichever Rails is installed.
    config.load_defaults Rails.gem_version.segments.first(2).join(".")
    config.eager_load = false
    config.logger = ActiveSupport::Logger.new($stdout)
    config.log_level = :info
    # Our own error pages, in development too.
    config.consider_all_requests_local = false
    config.exceptions_app = ->(env) { ErrorsController.action(:show).call(env) }
  end
end
