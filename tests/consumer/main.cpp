int run_consumer();

int main() { return run_consumer(); }
