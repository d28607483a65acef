// The C++ core of pydensecrf as a peer of DenseCrfBenchmark. Build it with build_densecrf.sh.
//
// usage: densecrf_peer HEIGHT WIDTH LABELS ITERATIONS IMAGE UNARY RESULT
//   IMAGE   uint8 [height][width][3]
//   UNARY   float32 [labels][height][width], energies
//   RESULT  float32 [labels][height][width], written after each run
//
// Prints "ready" once the input is read. Then, for each line on standard input, builds the model of PSA's crf_inference,
// infers, and prints the seconds of just that.
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <iostream>
#include <string>
#include <vector>

#include "densecrf.h"

namespace {

template <typename T>
std::vector<T> read(const char *path, size_t count) {
    std::vector<T> values(count);
    FILE *file = std::fopen(path, "rb");
    if (!file || std::fread(values.data(), sizeof(T), count, file) != count) {
        std::fprintf(stderr, "%s: expected %zu values\n", path, count);
        std::exit(1);
    }
    std::fclose(file);
    return values;
}

}  // namespace

int main(int argc, char **argv) {
    if (argc != 8) {
        std::fprintf(stderr, "usage: %s HEIGHT WIDTH LABELS ITERATIONS IMAGE UNARY RESULT\n", argv[0]);
        return 2;
    }
    const int height = std::atoi(argv[1]);
    const int width = std::atoi(argv[2]);
    const int labels = std::atoi(argv[3]);
    const int iterations = std::atoi(argv[4]);
    const int points = height * width;
    const auto image = read<unsigned char>(argv[5], 3 * static_cast<size_t>(points));
    const auto energies = read<float>(argv[6], static_cast<size_t>(labels) * points);
    MatrixXf unary(labels, points);
    for (int l = 0; l < labels; l++) {
        for (int i = 0; i < points; i++) {
            unary(l, i) = energies[static_cast<size_t>(l) * points + i];
        }
    }
    std::cout << "ready" << std::endl;
    std::string line;
    while (std::getline(std::cin, line)) {
        const auto start = std::chrono::steady_clock::now();
        DenseCRF2D crf(width, height, labels);
        crf.setUnaryEnergy(unary);
        crf.addPairwiseGaussian(3, 3, new PottsCompatibility(3));
        crf.addPairwiseBilateral(80, 80, 13, 13, 13, image.data(), new PottsCompatibility(10));
        const MatrixXf q = crf.inference(iterations);
        const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - start;

        std::vector<float> rows(energies.size());
        for (int l = 0; l < labels; l++) {
            for (int i = 0; i < points; i++) {
                rows[static_cast<size_t>(l) * points + i] = q(l, i);
            }
        }
        FILE *file = std::fopen(argv[7], "wb");
        if (!file || std::fwrite(rows.data(), sizeof(float), rows.size(), file) != rows.size()
                || std::fclose(file) != 0) {
            std::fprintf(stderr, "cannot write %s\n", argv[7]);
            return 1;
        }
        std::cout << seconds.count() << std::endl;
    }
    return 0;
}
