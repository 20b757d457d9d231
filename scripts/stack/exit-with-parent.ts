/**
 * Preloaded into the service (`node --import`): shuts the service down when its parent ends, even by SIGKILL. Otherwise
 * it would keep its port.
 */
process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'));
// The listener alone would keep the process alive.
process.channel?.unref();
