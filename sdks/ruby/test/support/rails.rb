# frozen_string_literal: true

# Loads what the tests need of Rails, if it is installed. Rails 6.1 warns about itself on this Ruby, so warnings are off
# for as long as that takes.
module RailsLoader
  def self.quietly
    verbose = $VERBOSE
    $VERBOSE = nil
    yield
  ensure
    $VERBOSE = verbose
  end

  AVAILABLE = quietly do
    # Rails 6.1 uses Logger before it loads it.
    require "logger"
    require "rails"
    require "action_controller/railtie"
    require "rack/test"
    true
  rescue LoadError
    puts "The tests of the Rails concern are left out: the gems railties and rack-test are not installed."
    false
  end
end
