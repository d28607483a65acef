// The C core of pycocotools as a peer of DataPairs: without Python, one call for each mask. run.sh builds it.
//
// usage: cocomask_peer masks-rasterizing|masks-encoding|masks-decoding|masks-merging|masks-iou FOLDER
//   lengths.i4, xy.f8  polygons of images of 480x640, as in data_peers.py
//
// Prints "ready", and for each line on standard input the seconds of one run.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "maskApi.h"

enum { H = 480, W = 640, DENSE = 20 };

static void *load(const char *folder, const char *name, size_t *bytes) {
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "rb");
    if (!file) {
        perror(path);
        exit(1);
    }
    fseek(file, 0, SEEK_END);
    *bytes = ftell(file);
    rewind(file);
    void *data = malloc(*bytes);
    if (fread(data, 1, *bytes, file) != *bytes) {
        exit(1);
    }
    fclose(file);
    return data;
}

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + 1e-9 * t.tv_nsec;
}

int main(int argc, char **argv) {
    if (argc != 3) {
        fprintf(stderr, "usage: %s QUESTION FOLDER\n", argv[0]);
        return 2;
    }
    size_t bytes;
    int *lengths = load(argv[2], "lengths.i4", &bytes);
    int n = bytes / sizeof *lengths;
    double *xy = load(argv[2], "xy.f8", &bytes);
    RLE *runs;
    rlesInit(&runs, n);
    double *at = xy;
    for (int i = 0; i < n; at += lengths[i++]) {
        rleFrPoly(&runs[i], at, lengths[i] / 2, H, W);
    }
    byte *dense = malloc(DENSE * H * W);
    rleDecode(runs, dense, DENSE);
    char **texts = malloc(DENSE * sizeof *texts);
    for (int i = 0; i < DENSE; i++) {
        texts[i] = rleToString(&runs[i]);
    }
    puts("ready");
    fflush(stdout);
    char line[16];
    while (fgets(line, sizeof line, stdin)) {
        double start = now();
        const char *question = argv[1] + strlen("masks-");
        at = xy;
        for (int i = 0; !strcmp(question, "rasterizing") && i < n; at += lengths[i++]) {
            RLE r;
            rleFrPoly(&r, at, lengths[i] / 2, H, W);
            free(rleToString(&r));
            rleFree(&r);
        }
        for (int i = 0; !strcmp(question, "encoding") && i < 20 * DENSE; i++) {
            RLE r;
            rleEncode(&r, dense + (size_t)(i % DENSE) * H * W, H, W, 1);
            free(rleToString(&r));
            rleFree(&r);
        }
        for (int i = 0; !strcmp(question, "decoding") && i < 20 * DENSE; i++) {
            RLE r;
            byte *out = malloc(H * W);
            rleFrString(&r, texts[i % DENSE], H, W);
            rleDecode(&r, out, 1);
            rleFree(&r);
            free(out);
        }
        for (int i = 0; !strcmp(question, "merging") && i + 1 < n; i++) {
            RLE r;
            rleMerge(&runs[i], &r, 2, 0);
            rleFree(&r);
        }
        for (int i = 0; !strcmp(question, "iou") && i + 1 < n; i++) {
            double iou;
            byte crowd = 0;
            rleIou(&runs[i], &runs[i + 1], 1, 1, &crowd, &iou);
        }
        printf("%.9f\n", now() - start);
        fflush(stdout);
    }
    return 0;
}
