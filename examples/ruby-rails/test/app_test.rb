# The app without a server: who sees what, and with which headers.
ENV["GINNEL_APP_ID"] = "TestApplication000000000"
ENV["GINNEL_URL"] = "http://localhost:8400"
ENV["RAILS_ENV"] = "test"

require_relative "../config/application"
require "ginnel/testing"
require "minitest/autorun"
require "rack/test"

Rails.application.config.hosts.clear
Rails.application.config.logger = Logger.new(nil)
Rails.application.initialize!

class AppTest < Minitest::Test
  include Rack::Test::Methods

  ISSUER = Ginnel::TestIssuer.new(algorithm: "ES256")

  def app = Rails.application

  def setup
    app.config.ginnel = ISSUER.client
  end

  def ask(path, token = nil)
    clear_cookies
    header "Cookie", token && "psg_auth_token=#{token}"
    get path
    last_response
  end

  # The value under this name in any case.
  def header_of(answer, name)
    answer.headers.find { |key, _| key.casecmp?(name) }&.last
  end

  def test_the_login_page_has_the_element_and_the_script
    page = ask("/")
    assert_equal 200, page.status
    assert_includes page.body, '<passage-auth app-id="TestApplication000000000"></passage-auth>'
    assert_includes page.body, '<script src="http://localhost:8400/web.js"></script>'
    assert_includes header_of(page, "content-security-policy"), "script-src 'self' http://localhost:8400;"
    assert_equal "nosniff", header_of(page, "x-content-type-options")
    assert_nil header_of(page, "set-cookie")
  end

  def test_the_dashboard_greets_a_signed_in_user
    page = ask("/dashboard", ISSUER.token(user_id: "<ada>"))
    assert_equal [200, "no-store"], [page.status, header_of(page, "cache-control")]
    assert_includes page.body, "<code>&lt;ada&gt;</code>"
  end

  def test_the_dashboard_is_for_nobody_else
    answer = ask("/dashboard?tab=1")
    assert_equal [302, "no-store"], [answer.status, header_of(answer, "cache-control")]
    assert_equal "http://example.org/unauthorized?reason=token_missing&return=%2Fdashboard%3Ftab%3D1", header_of(answer, "location")
    answer = ask("/dashboard", ISSUER.token(expires_in: -60))
    assert_equal "http://example.org/unauthorized?reason=token_expired&return=%2Fdashboard", header_of(answer, "location")
  end

  def test_the_unauthorized_page
    page = ask("/unauthorized?return=%2Fdashboard&reason=token_expired")
    assert_equal [401, "no-store"], [page.status, header_of(page, "cache-control")]
    assert_includes page.body, 'id="status" role="status"'
    assert_includes page.body, "/public/unauthorized.js"
  end

  def test_the_call_of_a_script
    answer = ask("/api/me", ISSUER.token(user_id: "ada"))
    assert_equal ['{"userID":"ada"}', "no-store"], [answer.body, header_of(answer, "cache-control")]
    answer = ask("/api/me")
    assert_equal [401, "token_missing"], [answer.status, JSON.parse(answer.body)["code"]]
  end

  def test_the_shared_files
    { "/public/style.css" => "text/css", "/public/return-target.js" => "javascript" }.each do |path, type|
      answer = ask(path)
      assert_equal 200, answer.status
      assert_includes header_of(answer, "content-type"), type
      assert_equal "nosniff", header_of(answer, "x-content-type-options")
    end
    %w[/public/../README.md /public/%2e%2e/README.md /public/nothing.js].each { |path| assert_equal 404, ask(path).status }
  end

  def test_pages_that_do_not_exist
    page = ask("/nothing")
    assert_equal 404, page.status
    assert_includes page.body, "There is no such page."
    assert_includes header_of(page, "content-security-policy"), "default-src 'self'"
    assert_equal '{"error":"There is no such page."}', ask("/api/nothing").body
  end

  def test_keys_that_cannot_be_had
    app.config.ginnel = Ginnel::Client.new(app_id: ISSUER.app_id, url: "http://127.0.0.1:1", issuer: ISSUER.issuer)
    page = ask("/dashboard", ISSUER.token)
    assert_equal [503, "no-store"], [page.status, header_of(page, "cache-control")]
    assert_includes page.body, "Please try again in a minute."
    answer = ask("/api/me", ISSUER.token)
    assert_equal [503, { "error" => "Sign-ins cannot be checked at the moment. Please try again in a minute." }],
                 [answer.status, JSON.parse(answer.body)]
  end
end
