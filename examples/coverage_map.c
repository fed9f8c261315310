/* What the example coverage_map looks into: a program with two branches.

   It answers each line of its standard input, or of the file that its argument names.
   Compile it with AFL++:

       afl-clang-fast -o /tmp/coverage_map examples/coverage_map.c
*/

#include <stdio.h>
#include <string.h>

int main(int argc, char **argv)
{
    FILE *input = argc > 1 ? fopen(argv[1], "r") : stdin;
    char line[256];

    if (!input) {
        perror(argv[1]);
        return 1;
    }
    while (fgets(line, sizeof line, input)) {
        if (strncmp(line, "hello", 5) == 0) {
            puts("hello to you");
        } else {
            puts("say hello first");
            return 2;
        }
    }
    return 0;
}
