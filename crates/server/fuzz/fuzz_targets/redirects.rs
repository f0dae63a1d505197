#![no_main]

libfuzzer_sys::fuzz_target!(|data: &[u8]| ginnel::fuzzing::run("redirects", data));
