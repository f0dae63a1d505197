# frozen_string_literal: true

# The gem as it would be published: it is built, unpacked elsewhere and used there.
require "helper"
require "open3"
require "rbconfig"
require "rubygems/package"
require "tmpdir"

class GemTest < GinnelTest
  PROGRAM = <<~RUBY
    require "ginnel/testing"
    require "ginnel/rack"
    raise "not the gem's own files" unless $LOADED_FEATURES.grep(/ginnel/).all? { |file| file.start_with?(ARGV[0]) }
    issuer = Ginnel::TestIssuer.new(algorithm: "EdDSA")
    puts issuer.client.auth.validate_token(issuer.token(user_id: "ada")).sub
  RUBY

  def test_the_gem_has_all_it_needs_and_no_dependencies
    Dir.mktmpdir do |folder|
      folder = File.realpath(folder)
      unpacked = build_into(folder)
      assert_empty unpacked.dependencies
      output, status = Open3.capture2e(RbConfig.ruby, "-W", "-I#{folder}/lib", "-e", PROGRAM, folder)
      assert_equal ["ada\n", true], [output, status.success?]
    end
  end

  # Builds the gem and unpacks it; gives its specification.
  def build_into(folder)
    Dir.chdir(File.expand_path("..", __dir__)) do
      file = File.join(folder, "ginnel.gem")
      specification = Gem::Specification.load(File.expand_path("ginnel.gemspec"))
      capture_io { Gem::DefaultUserInteraction.use_ui(Gem::SilentUI.new) { Gem::Package.build(specification, false, false, file) } }
      package = Gem::Package.new(file)
      package.extract_files(folder)
      package.spec
    end
  end
end
