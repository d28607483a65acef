/**
 * What fine-tuning needs beside a network: a backbone that was trained before, the input that it was trained on, and learning
 * rates that leave it what it knows.
 *
 * <p>A {@link dev.wsss.models.finetune.BackboneStart} is all three of them, so that a training from published weights and
 * one from nothing differ in one line.
 */
@NullMarked
package dev.wsss.models.finetune;

import org.jspecify.annotations.NullMarked;
