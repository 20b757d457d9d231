/** What the dbt project's files ask for and this runner does not do, or a fault in them; names the file. */
export class DbtProjectError extends Error {
  override readonly name = 'DbtProjectError';
  readonly file: string;

  constructor(file: string, message: string, options?: ErrorOptions) {
    super(`${file}: ${message}`, options);
    this.file = file;
  }
}
