"""A Slurm cluster of this one machine, in a scratch folder: munged, slurmctld and slurmd of Debian's slurm-wlm."""

import os
import pathlib
import shutil
import socket
import subprocess
import tempfile
import time

PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "sinfo", "squeue")


class CannotStart(Exception):
    pass


def find(program):
    return shutil.which(program, path=os.environ["PATH"] + ":/usr/sbin:/sbin")


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class Cluster:
    """Starts when made, or raises CannotStart; close() ends it. `environment` is what its users need."""

    def __init__(self):
        missing = [program for program in PROGRAMS if not find(program)]
        if missing:
            raise CannotStart("not installed: " + ", ".join(missing))
        if os.geteuid() != 0:
            raise CannotStart("slurmd starts jobs as their user, which only root can")
        self.scratch = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        self.folder = pathlib.Path(self.scratch.name)
        self.processes = []
        try:
            self.start()
        except BaseException:
            self.close()
            raise

    def start(self):
        folder = self.folder
        folder.chmod(0o755)
        key = folder / "munge.key"
        key.write_bytes(os.urandom(128))
        key.chmod(0o400)
        for name in ("state", "spool"):
            (folder / name).mkdir()
        host = socket.gethostname().split(".")[0]
        (folder / "cgroup.conf").write_text("CgroupAutomount=no\n")
        (folder / "slurm.conf").write_text(f"""\
ClusterName=test
SlurmctldHost={host}(127.0.0.1)
SlurmctldPort={free_port()}
SlurmdPort={free_port()}
AuthType=auth/munge
AuthInfo=socket={folder}/munge.socket
CryptoType=crypto/munge
SlurmUser=root
SlurmdUser=root
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldLogFile={folder}/slurmctld.log
SlurmdLogFile={folder}/slurmd.log
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
JobAcctGatherType=jobacct_gather/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
SchedulerParameters=sched_interval=1,bf_interval=1
ReturnToService=2
MailProg=/bin/true
SlurmdParameters=config_overrides
NodeName={host} NodeAddr=127.0.0.1 CPUs={os.cpu_count()} State=UNKNOWN
PartitionName=main Nodes=ALL Default=YES MaxTime=INFINITE State=UP
""")
        self.environment = dict(os.environ, SLURM_CONF=str(folder / "slurm.conf"))
        self.run("munged", "--foreground", "--force", f"--key-file={key}", f"--socket={folder}/munge.socket",
                 f"--pid-file={folder}/munged.pid", f"--log-file={folder}/munged.log", f"--seed-file={folder}/munge.seed")
        self.wait(lambda: (folder / "munge.socket").exists())
        self.run("slurmctld", "-D")
        self.run("slurmd", "-D")
        self.wait(lambda: "idle" in self.output("sinfo", "-h", "-o", "%T"))

    def run(self, program, *arguments):
        log = open(self.folder / f"{program}.out", "wb")
        self.processes.append(subprocess.Popen([find(program), *arguments], env=self.environment, stdout=log,
                                               stderr=subprocess.STDOUT, start_new_session=True))
        log.close()

    def output(self, program, *arguments):
        return subprocess.run([find(program), *arguments], env=self.environment, capture_output=True, text=True,
                              timeout=30).stdout

    def wait(self, condition, seconds=40):
        end = time.monotonic() + seconds
        while not condition():
            dead = [p.args[0] for p in self.processes if p.poll() is not None]
            if dead or time.monotonic() > end:
                logs = {f.name: f.read_text(errors="replace")[-400:] for f in self.folder.glob("*.out")}
                logs |= {f.name: f.read_text(errors="replace")[-400:] for f in self.folder.glob("slurm*.log")}
                raise CannotStart(f"{'ended: ' + ', '.join(dead) if dead else 'not ready in time'}; {logs}")
            time.sleep(0.2)

    def close(self):
        for process in reversed(self.processes):
            process.terminate()
        for process in self.processes:
            try:
                process.wait(timeout=20)
            except subprocess.TimeoutExpired:
                process.kill()
        self.scratch.cleanup()
