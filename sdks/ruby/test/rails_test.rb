# frozen_string_literal: true

# The concern, in a Rails app that is asked through its whole stack.
require "helper"

require_relative "support/rails"
return unless RailsLoader::AVAILABLE

require "ginnel/rails"

class RailsTest < GinnelTest
  include ::Rack::Test::Methods

  class App < ::Rails::Application
    config.eager_load = false
    config.logger = Logger.new(nil)
    config.secret_key_base = "for tests"
    config.hosts.clear
    config.consider_all_requests_local = false
    config.active_support.deprecation = :silence
  end

  class Pages < ActionController::Base
    include Ginnel::Rails
    before_action :require_user, except: :open

    def show
      render inline: "Hello <%= current_user_id %> of <%= ginnel.app_id %>"
    end

    def open
      render plain: "open to #{current_user_id.inspect}"
    end
  end

  class Redirecting < Pages
    private

    def user_refused(error)
      redirect_to "/unauthorized?reason=#{error.code}"
    end
  end

  # Notes the refusal, and forgets to answer.
  class Forgetful < Pages
    private

    def user_refused(_error); end
  end

  class API < ActionController::API
    include Ginnel::Rails
    before_action :require_user

    def show
      render json: { userID: current_user_id }
    end
  end

  RailsLoader.quietly do
    App.initialize!
    App.routes.draw do
      get "/page", to: Pages.action(:show)
      get "/open", to: Pages.action(:open)
      get "/redirecting", to: Redirecting.action(:show)
      get "/forgetful", to: Forgetful.action(:show)
      get "/api", to: API.action(:show)
    end
  end

  def app = App

  def setup
    App.config.ginnel = issuer.client
  end

  def ask(path, token = nil)
    clear_cookies
    header "Cookie", token && "psg_auth_token=#{token}"
    get path
    last_response
  end

  # The values under this name in any case; Rack 3 has them in lower case, Rack 2 as they were set.
  def header_of(answer, name)
    answer.headers.select { |key, _| key.casecmp?(name) }.map { |_, value| value }.join(" and ")
  end

  def test_a_signed_in_user_passes
    assert_equal [200, "Hello ada of #{issuer.app_id}"],
                 [ask("/page", issuer.token(user_id: "ada")).status, last_response.body]
    assert_equal '{"userID":"ada"}', ask("/api", issuer.token(user_id: "ada")).body
  end

  def test_nobody_else_passes
    %w[/page /api].each do |path|
      answer = ask(path)
      assert_equal [401, "no-store", "Bearer"], [answer.status, header_of(answer, "cache-control"), header_of(answer, "www-authenticate")]
      assert_equal "token_missing", JSON.parse(answer.body)["code"]
      answer = ask(path, issuer.token(expires_in: -60))
      assert_equal [401, 'Bearer error="invalid_token"'], [answer.status, header_of(answer, "www-authenticate")]
      assert_equal "token_expired", JSON.parse(answer.body)["code"]
    end
  end

  def test_a_controller_may_send_them_elsewhere
    assert_equal "http://example.org/unauthorized?reason=token_missing", header_of(ask("/redirecting"), "location")
    assert_equal 200, ask("/redirecting", issuer.token).status
  end

  def test_a_controller_that_forgets_to_answer_opens_nothing
    assert_equal [401, ""], [ask("/forgetful").status, last_response.body]
    assert_equal 200, ask("/forgetful", issuer.token).status
  end

  def test_pages_without_the_guard_know_nobody
    assert_equal "open to nil", ask("/open", issuer.token).body
  end

  def test_nothing_of_the_concern_is_an_action
    assert_equal %w[open show], Pages.action_methods.to_a.sort
  end

  def test_faults_of_the_server_go_to_the_error_pages
    server = KeyServer.new
    server.reply(status: 500)
    App.config.ginnel = Ginnel::Client.new(app_id: issuer.app_id, url: server.url(""), issuer: issuer.issuer)
    %w[/page /redirecting /api].each { |path| assert_equal 503, ask(path, issuer.token).status }
    App.config.ginnel = nil
    assert_equal 500, ask("/page", issuer.token).status
  ensure
    server.close
  end
end
