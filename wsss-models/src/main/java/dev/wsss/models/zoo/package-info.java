/**
 * The public weights that the systems start from, by name.
 *
 * <p>A {@link dev.wsss.models.zoo.WeightEntry} says where a file comes from, what it is and how to recognize it; a
 * {@link dev.wsss.models.zoo.WeightZoo} turns a name into a file of the local cache, downloading it when it is not
 * there:
 *
 * <pre>{@code
 * Path clip = WeightZoo.builder().build().get("clip-vit-b16");
 * }</pre>
 *
 * <p>What the cache promises: a file under its final name is whole. It was compared with the entry's
 * {@link dev.wsss.models.zoo.WeightHash} before it was given that name, and processes that share the cache wait for each
 * other instead of downloading twice. A download that stopped goes on where it was. A file placed into the folder by
 * hand is as good as a downloaded one, if its hash is right.
 *
 * <p>A hash is part of an entry only if the publisher states it. Some publishers state a full SHA-256, some a few digits
 * in the file's name, many nothing; an entry without a hash is used with a warning.
 */
@NullMarked
package dev.wsss.models.zoo;

import org.jspecify.annotations.NullMarked;
