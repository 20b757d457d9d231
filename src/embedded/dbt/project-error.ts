/** A fault in a file of the dbt project, or a feature that this runner does not support. The message names the file. */
export class DbtProjectError extends Error {
  override readonly name = 'DbtProjectError';
  readonly file: string;

  constructor(file: string, message: string, options?: ErrorOptions) {
    super(`${file}: ${message}`, options);
    this.file = file;
  }
}
