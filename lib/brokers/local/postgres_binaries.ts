import { EngineError } from "../engine_error.ts";
import type { EngineFolders } from "../engine_folders.ts";
import { isThere } from "../is_there.ts";
import { withLaunchLock } from "../launch_lock.ts";
import type { MoreJars } from "../jars/more_jars.ts";
import { removeIfThere } from "../jars/stamp.ts";

/** PostgreSQL's programs on this machine. */
export interface PostgresBinaries {
  /** The folder of `initdb` and `postgres`. */
  bin: string;
  /** The version before the first dot: "18". */
  major: string;
}

const NAME = "embedded-postgres-binaries";

/** Unpacks the one packed archive of a jar. Python's own is there on every platform, and needs no xz. */
const UNPACK = `
import sys, tarfile, zipfile
jar, folder = sys.argv[1:]
archive = zipfile.ZipFile(jar)
name = next(n for n in archive.namelist() if n.endswith(".txz"))
tarfile.open(fileobj=archive.open(name), mode="r|xz").extractall(folder)
`;

/**
 * Unpacks PostgreSQL's programs, once.
 *
 * @param folders Where Python and the jars are; the programs go beside the jars.
 * @param jars The jars that `moreJars()` has fetched.
 * @param onProgress Told before it unpacks.
 * @returns Where they are.
 * @throws {EngineError} If there are none for this platform, or they cannot be unpacked.
 */
export async function postgresBinaries(
  { jars: brokerJars, python }: Pick<EngineFolders, "jars" | "python">,
  jars: Pick<MoreJars, "files">,
  onProgress: (line: string) => void,
): Promise<PostgresBinaries> {
  const jar = jars.files.find((path) => path.includes(`/${NAME}-`));
  if (jar === undefined) {
    throw new EngineError(
      `Cannot run PostgreSQL without containers on ${Deno.build.os} ${Deno.build.arch}: there are no programs for it; run it with '--engine compose', or name another server in DATABASE_URL`,
    );
  }
  const version = /-(\d[\d.]*)\.jar$/.exec(jar)?.[1] ?? "";
  const kept = brokerJars.slice(0, brokerJars.lastIndexOf("/"));
  const folder = `${kept}/postgres-${version}`;
  const binaries = {
    bin: `${folder}/bin`,
    major: version.replace(/\..*/, ""),
  };
  if (isThere(folder)) return binaries;
  await withLaunchLock(
    `${kept}/set-up.lock`,
    {
      what: "unpack PostgreSQL",
      onWait: onProgress,
      stillAtWork: "in the same folder",
    },
    async () => {
      if (isThere(folder)) return; // By the command that was waited for.
      onProgress(`Unpacking PostgreSQL ${version}, once`);
      // Renamed when it is whole: what an interrupted one left is begun anew.
      const aside = `${folder}.new`;
      await removeIfThere(aside);
      Deno.mkdirSync(aside);
      try {
        await unpack(`${python}/bin/python`, jar, aside);
        Deno.renameSync(aside, folder);
      } finally {
        await removeIfThere(aside);
      }
    },
  );
  return binaries;
}

async function unpack(python: string, jar: string, folder: string) {
  const { success, stderr } = await new Deno.Command(python, {
    args: ["-W", "ignore", "-c", UNPACK, jar, folder],
    stdin: "null",
    stdout: "null",
  }).output();
  if (success) return;
  const lines = new TextDecoder().decode(stderr).trim().split("\n");
  throw new EngineError(
    `Cannot unpack PostgreSQL's programs into ${folder}: ${lines.at(-1)}`,
  );
}
