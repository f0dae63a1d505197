# The least Rails application around the guard in app/controllers/application_controller.rb.
require "bundler/setup"
require "logger"
require "rails"
require "action_controller/railtie"

module QuickStart
  class Application < Rails::Application
    # [quickstart]
    config.ginnel_app_id = ENV["GINNEL_APP_ID"]
    # [/quickstart]
    # The defaults of whichever Rails is installed.
    config.load_defaults Rails.gem_version.segments.first(2).join(".")
    # A wrong application id ends the start, not the first request.
    config.eager_load = true
    config.logger = ActiveSupport::Logger.new($stdout)
  end
end
