/// The entry point of the fuzz program, under the name the package manager gives a program's
/// `main`: libFuzzer's own `main` would not be found under it.
int forestall_fuzz_main(int argc, char **argv);
