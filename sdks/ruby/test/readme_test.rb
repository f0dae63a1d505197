# frozen_string_literal: true

# The examples of the README run, each as it stands there.
require "helper"
require "ginnel/rack"
require_relative "support/rails"

class ReadmeTest < GinnelTest
  TEXT = File.read(File.expand_path("../README.md", __dir__), encoding: "UTF-8")
  BLOCKS = TEXT.scan(/^```ruby\n(.*?)^```/m).flatten.freeze

  # Stands in for Bundler, config.ru and config/application.rb: takes what the examples call.
  class Context
    attr_reader :gems, :middleware, :app, :config

    def initialize(request)
      @request = request
      @config = Struct.new(:ginnel).new
    end

    def gem(*arguments) = @gems = arguments
    def use(*arguments) = @middleware = arguments
    def run(app) = @app = app

    # Runs an example, and gives the value of the variable or of its last line.
    def evaluate(code, variable = nil)
      scope = binding
      scope.local_variable_set(:request, @request)
      scope.local_variable_set(:client, Ginnel::Client.new(app_id: ENV.fetch("GINNEL_APP_ID")))
      value = scope.eval(code, "README.md")
      variable ? scope.local_variable_get(variable) : value
    end
  end

  def setup
    @server = KeyServer.new(issuer.jwks)
    @issuer = Ginnel::TestIssuer.new(algorithm: "ES256", url: @server.url(""))
    @server.publish(@issuer.jwks)
    @context = Context.new(rack_env({ "HTTP_COOKIE" => "psg_auth_token=#{@issuer.token(user_id: 'ada')}" }))
  end

  def teardown
    super
    @server.close
  end

  # The one example that has this in it.
  def example(text)
    found = BLOCKS.select { |block| block.include?(text) }
    assert_equal 1, found.length, "one example with #{text}"
    found[0]
  end

  def evaluate(text, variable = nil, code = example(text))
    with_environment("GINNEL_APP_ID" => @issuer.app_id, "GINNEL_URL" => @server.url("")) do
      @context.evaluate(code, variable)
    end
  end

  def test_no_example_is_left_out
    assert_equal 8, BLOCKS.length
  end

  def test_the_gemfile
    evaluate('gem "ginnel"')
    name, options = @context.gems
    assert_equal "ginnel", name
    assert_path_exists File.expand_path("../../../#{options[:path]}/ginnel.gemspec", __dir__)
  end

  def test_the_first_example
    assert_equal "ada", evaluate('require "ginnel"', :user_id)
  end

  def test_the_error
    @context = Context.new(rack_env)
    assert_equal [:token_missing, 401], evaluate("rescue Ginnel::Error").first(2)
  end

  def test_the_middleware
    evaluate("use Ginnel::Rack")
    middleware, options = @context.middleware
    env = rack_env({ "HTTP_AUTHORIZATION" => "Bearer #{@issuer.token(user_id: 'ada')}" })
    assert_equal ["Hello ada"], middleware.new(@context.app, **options).call(env)[2]
  end

  def test_the_keys
    # The address is localhost's there.
    client = evaluate("RemoteKeySet", :client, example("RemoteKeySet").sub("http://localhost:8400", @server.url("")))
    assert_equal "ada", client.auth.validate_token(@issuer.token(user_id: "ada")).sub
    assert_equal [@issuer.jwks_path], @server.paths
  end

  def test_the_test_issuer
    assert_equal "ada", evaluate("TestIssuer")
  end

  def test_rails
    skip "Rails is not installed" unless RailsLoader::AVAILABLE

    evaluate("# config/application.rb")
    client = @context.config.ginnel
    Object.class_eval(example("class ApplicationController"))
    controller = Class.new(ApplicationController) do
      define_method(:ginnel) { client }
      private :ginnel
      define_method(:show) { render plain: current_user_id }
    end
    env = ::Rack::MockRequest.env_for("/", "HTTP_COOKIE" => "psg_auth_token=#{@issuer.token(user_id: 'ada')}")
    assert_equal "ada", body_of(controller.action(:show).call(env))
    status, headers, = controller.action(:show).call(::Rack::MockRequest.env_for("/"))
    location = headers["Location"] || headers["location"]
    assert_equal [302, "http://example.org/unauthorized?reason=token_missing"], [status, location]
  end

  def body_of(response)
    text = +""
    response[2].each { |part| text << part }
    text
  end
end
